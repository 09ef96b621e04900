// libwebp. Of an animation the first frame, on a transparent canvas, which without its alpha is black (Pillow
// decodes with WebPAnimDecoder, to the same pixels).
#include <webp/decode.h>
#include <webp/demux.h>

#include <cstddef>

#include "gdd/error.h"
#include "images/decoders.h"

namespace gdd {
namespace {

struct Frames {
  explicit Frames(Bytes file) {
    const WebPData data{reinterpret_cast<const std::uint8_t*>(file.data()), file.size()};
    demux = WebPDemux(&data);
    has_frame = demux && WebPDemuxGetFrame(demux, 1, &first);
  }
  ~Frames() {
    if (has_frame) WebPDemuxReleaseIterator(&first);
    WebPDemuxDelete(demux);
  }
  Frames(const Frames&) = delete;
  Frames& operator=(const Frames&) = delete;

  WebPDemuxer* demux = nullptr;
  WebPIterator first{};
  bool has_frame = false;
};

constexpr std::uint64_t kWorkingBytes = 4;  // of a pixel: libwebp decodes to ARGB, or to planes

}  // namespace

Image decode_webp(Bytes file, const std::string& name, const Admit& admit) {
  const Frames frames(file);
  if (!frames.has_frame) throw Error(name, "no WebP frame can be found", kDamagedImage);
  const std::uint64_t width = WebPDemuxGetI(frames.demux, WEBP_FF_CANVAS_WIDTH);
  const std::uint64_t height = WebPDemuxGetI(frames.demux, WEBP_FF_CANVAS_HEIGHT);
  check_image_size(height, width, name);
  Image image = make_image(height, width, 3, name, admit, kWorkingBytes * height * width);
  image.alpha_dropped = (WebPDemuxGetI(frames.demux, WEBP_FF_FORMAT_FLAGS) & ALPHA_FLAG) != 0;
  image.first_of_many = WebPDemuxGetI(frames.demux, WEBP_FF_FRAME_COUNT) > 1;

  const WebPIterator& frame = frames.first;
  const auto x = static_cast<std::uint64_t>(frame.x_offset), y = static_cast<std::uint64_t>(frame.y_offset);
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(frame.fragment.bytes, frame.fragment.size, &features) != VP8_STATUS_OK)
    throw Error(name, "the WebP frame cannot be decoded", kDamagedImage);
  if (x + static_cast<std::uint64_t>(features.width) > width ||
      y + static_cast<std::uint64_t>(features.height) > height)
    throw Error(name, "the WebP frame lies outside of the picture", kDamagedImage);
  const std::size_t stride = static_cast<std::size_t>(width) * 3,
                    start = static_cast<std::size_t>(y * width + x) * 3;
  if (!WebPDecodeRGBInto(frame.fragment.bytes, frame.fragment.size, image.pixels.data() + start,
                         image.pixels.size() - start, static_cast<int>(stride)))
    throw Error(name, "the WebP frame cannot be decoded", kDamagedImage);
  return image;
}

}  // namespace gdd
