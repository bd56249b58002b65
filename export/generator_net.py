"""The full face generator in pyanon's roles: encoder, generator and decoder around a U-Net and a tiny autoencoder."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.lcm import Consistency, guidance_embedding
from export.resample import Resampled, wide_template
from export.train.faces.generator_net import ATTRIBUTES as CODE
from export.train.faces.generator_net import AttributeEncoder, blanked, landmark_maps
from export.train.faces.template import SIZE as POCKET_SIZE
from export.train.faces.template import TEMPLATE as POCKET_TEMPLATE

__all__ = ["ATTRIBUTES", "CELL", "CONTEXT", "LATENT", "PLACES", "AttributeTokens", "Decoder", "Encoder", "Painter"]

#: Numbers per place of a latent, and pixels per place.
LATENT, CELL = 4, 8
#: The context is the latent of the surroundings and where they are not.
CONTEXT = LATENT + 1
#: The attributes are the pocket pack's code and a map of each landmark, on 8 x 8 places.
ATTRIBUTES, PLACES = CODE + 5, 8


class Encoder(nn.Module):
    """Crops ``(n, 3, s, s)``, inside ``(n, 1, s, s)`` and landmarks ``(n, 5, 2)`` to context and attributes.

    What is around the face goes through the autoencoder, with the inside blanked: no pixel of the face is left. The
    attributes are read by the pocket pack's encoder, which was trained to leave out who it is (docs/training.md).

    Args:
        autoencoder: diffusers ``AutoencoderTiny``.
        attributes: Reads attributes off crops of the pocket pack's template.
        size: Side of the crops.
    """

    def __init__(self, autoencoder: Any, attributes: AttributeEncoder, size: int) -> None:
        super().__init__()
        self.body, self.attributes = autoencoder.encoder, attributes
        self.see = Resampled(size, wide_template(size), side=POCKET_SIZE, target=POCKET_TEMPLATE)

    def forward(self, crops: Tensor, inside: Tensor, landmarks: Tensor) -> tuple[Tensor, Tensor]:
        """Context ``(n, 5, s/8, s/8)`` and attributes ``(n, 17, 8, 8)``."""
        known = self.body(blanked(crops, inside) * 2 - 1)
        mask = (functional.max_pool2d(inside, CELL) > 0).to(known.dtype)
        maps = functional.avg_pool2d(landmark_maps(landmarks), 2).to(known.dtype)
        code = self.attributes(self.see(crops))[0]
        return torch.cat([known, mask], 1), torch.cat([code, maps], 1)


class AttributeTokens(nn.Module):
    """Attributes ``(n, 17, 8, 8)`` as a change of the text's tokens ``(n, 77, d)``, nought until it is trained.

    Tokens of their own beside the text's would take attention away from it even if they were noughts, because a softmax
    shares out all there is; a change of nought leaves a pretrained network exactly as it was.
    """

    def __init__(self, width: int, length: int) -> None:
        super().__init__()
        self.read = nn.Sequential(nn.Conv2d(ATTRIBUTES, width, 1), nn.SiLU())
        self.out = nn.Linear(width, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        # The first token of a text is its beginning and the same in all of them.
        self.before, self.after = 1, length - 1 - PLACES**2

    def forward(self, attributes: Tensor) -> Tensor:
        """The change."""
        places = self.out(self.read(attributes).flatten(2).transpose(1, 2))
        return functional.pad(places, (0, 0, self.before, self.after))


class Painter(nn.Module):
    """A latent consistency U-Net that plays the role of a generator; `export.lcm` has the arithmetic.

    Args:
        unet: diffusers ``UNet2DConditionModel`` with an identity adapter; of 4 input channels, or of 9 where it was
            trained to paint into a picture: it sees mask and surroundings then.
        text: What it is told in words, the same for every face: ``(1, 77, d)``.
        guidance: Guidance scale that it is told, where it was distilled to be told one.
    """

    text: Tensor
    guidance: Tensor

    def __init__(self, unet: Any, text: Tensor, *, guidance: float) -> None:
        super().__init__()
        self.unet, self.consistency = unet, Consistency()
        self.tokens = AttributeTokens(text.shape[2], text.shape[1])
        self.register_buffer("text", text)
        self.guided = unet.config.time_cond_proj_dim is not None
        self.register_buffer("guidance", guidance_embedding(guidance, unet.config.time_cond_proj_dim or 4))
        self.dtype = torch.float32

    def halve(self) -> None:
        """The U-Net in float16; noise levels and what is divided by them stay in float32."""
        self.unet.half()
        self.dtype = torch.float16

    def forward(self, latent: Tensor, level: Tensor, context: Tensor, attributes: Tensor, identity: Tensor) -> Tensor:
        """The clean latent ``(n, 4, h, w)``: painted where the mask says so, as it was elsewhere."""
        known, mask = context.split((LATENT, 1), 1)
        noise = self.consistency.noise(level)
        z = latent / noise.length
        seen = self._unet(torch.cat([z, mask, known], 1), noise.timestep, attributes, identity)
        return torch.lerp(known, self.consistency(z, seen, noise), mask)

    def _unet(self, given: Tensor, timestep: Tensor, attributes: Tensor, identity: Tensor) -> Tensor:
        # The adapter knows embeddings of length 1 only.
        who = functional.normalize(identity, dim=1)[:, None].to(self.dtype)
        guided = self.guidance.expand(given.shape[0], -1).to(self.dtype) if self.guided else None
        answer: Tensor = self.unet(
            given[:, : self.unet.config.in_channels].to(self.dtype),
            timestep,
            encoder_hidden_states=(self.text + self.tokens(attributes)).to(self.dtype),
            timestep_cond=guided,
            added_cond_kwargs={"image_embeds": [who]},
            return_dict=False,
        )[0]
        return answer.float()


class Decoder(nn.Module):
    """Latents ``(n, 4, h, w)`` to pixels ``(n, 3, 8 h, 8 w)``, about 0..1."""

    def __init__(self, autoencoder: Any) -> None:
        super().__init__()
        self.body = autoencoder.decoder

    def forward(self, latent: Tensor) -> Tensor:
        """The pixels."""
        return self.body(latent) * 0.5 + 0.5
