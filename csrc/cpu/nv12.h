// NV12 frames, as video decoders give them and encoders take them.
#pragma once

#include "core/nv12.h"

namespace pyanon {

// rgb: as high and wide as the frame's luma.
void rgb_from_nv12(const Nv12View<const uint8_t>& frame, const Nv12Colours& by, const ImageView& rgb);

// to: luma as high and wide as the picture, chroma half as much, rounded up.
void nv12_from_rgb(const ConstImageView& rgb, const Nv12Colours& by, const Nv12View<uint8_t>& to);

}  // namespace pyanon
