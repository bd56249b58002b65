"""pyanon makes the people in pictures, video and camera streams unidentifiable."""
