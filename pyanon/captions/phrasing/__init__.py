"""What words together speak of somebody, and which of them have to go, rule by rule."""
