#include "networks/edm2_layers.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gdd/error.h"
#include "networks/layers_source.h"

namespace gdd {
namespace source {

const char* const kMpSum = R"(
def mp_sum(self, a: Tensor, b: Tensor, t: float) -> Tensor:
    return torch.lerp(a, b, t).div_(torch.sqrt((1 - t) ** 2 + t ** 2))
)";

}  // namespace source

namespace {

constexpr std::size_t kMaxFilter = 64;

// The weight is of float32 from here until it meets x, however it is stored. Without a gain both factors are
// numbers; with one their quotient has the gain's dtype, and of float16 it is rounded before it meets the
// weight.
std::string scaled_by(const char* gain) {
  return std::string(R"(
def scaled_weight(self) -> Tensor:
    w = self.normalise(self.weight.float(), self.dims)
    return w * ()") +
         gain + R"( / torch.sqrt(w.numel() // w.size(0)))
)";
}
constexpr const char* kLinear = R"(
def forward(self, x: Tensor) -> Tensor:
    w = self.weight
    if not self.folded:
        w = self.scaled_weight()
    return x @ w.to(x.dtype).t()
)";
constexpr const char* kConvolution = R"(
def forward(self, x: Tensor) -> Tensor:
    w = self.weight
    if not self.folded:
        w = self.scaled_weight()
    padding = w.size(3) // 2
    return torch.conv2d(x, w.to(x.dtype), None, [1, 1], [padding, padding])
)";

constexpr const char* kFourier = R"(
def forward(self, x: Tensor) -> Tensor:
    y = x.float().ger(self.freqs) + self.phases
    y = y.cos() * torch.sqrt(2)
    return y.to(x.dtype)
)";
constexpr const char* kFourierLearnable = R"(
def forward(self, x: Tensor) -> Tensor:
    y = x.float().ger(self.freqs * self.scale.exp()) + self.phases
    y = y.cos() * torch.sqrt(2)
    return y.to(x.dtype)
)";

constexpr const char* kKeep = R"(
def resample(self, x: Tensor) -> Tensor:
    return x
)";
constexpr const char* kFilter = R"(
def filter(self, x: Tensor) -> Tensor:
    side = self.filter_side
    return torch.tensor(self.filter_values, dtype=x.dtype, device=x.device).reshape([1, 1, side, side])
)";
constexpr const char* kDown = R"(
def resample(self, x: Tensor) -> Tensor:
    channels, padding = x.size(1), (self.filter_side - 1) // 2
    f = self.filter(x).tile([channels, 1, 1, 1])
    return torch.conv2d(x, f, None, [2, 2], [padding, padding], [1, 1], channels)
)";
constexpr const char* kUp = R"(
def resample(self, x: Tensor) -> Tensor:
    channels, padding = x.size(1), (self.filter_side - 1) // 2
    f = (self.filter(x) * 4).tile([channels, 1, 1, 1])
    return torch.conv_transpose2d(x, f, None, [2, 2], [padding, padding], [0, 0], channels)
)";

constexpr const char* kBlock = R"(
def forward(self, x: Tensor, emb: Tensor) -> Tensor:
    x = self.begin(self.resample(x))
    y = self.conv_res0.forward(torch.silu(x).div_(0.596))
    c = self.emb_linear.forward(emb) + 1
    y = torch.silu(y * c.unsqueeze(2).unsqueeze(3).to(y.dtype)).div_(0.596)
    y = self.conv_res1.forward(y)
    return self.end(self.attend(self.mp_sum(self.pass_by(x), y, self.res_balance)))
)";
constexpr const char* kEncoder = R"(
def begin(self, x: Tensor) -> Tensor:
    return self.normalise(self.skip(x), [1])

def pass_by(self, x: Tensor) -> Tensor:
    return x
)";
constexpr const char* kDecoder = R"(
def begin(self, x: Tensor) -> Tensor:
    return x

def pass_by(self, x: Tensor) -> Tensor:
    return self.skip(x)
)";
constexpr const char* kSkip = R"(
def skip(self, x: Tensor) -> Tensor:
    return self.conv_skip.forward(x)
)";
constexpr const char* kNoSkip = R"(
def skip(self, x: Tensor) -> Tensor:
    return x
)";
constexpr const char* kAttend = R"(
def attend(self, x: Tensor) -> Tensor:
    y = self.attn_qkv.forward(x)
    y = y.reshape([y.size(0), self.num_heads, -1, 3, y.size(2) * y.size(3)])
    q, k, v = self.normalise(y, [2]).unbind(3)
    w = torch.einsum('nhcq,nhck->nhqk', [q, k / torch.sqrt(q.size(2))]).softmax(3)
    y = torch.einsum('nhqk,nhck->nhcq', [w, v])
    y = self.attn_proj.forward(y.reshape(x.size()))
    return self.mp_sum(x, y, self.attn_balance)
)";
constexpr const char* kNoAttend = R"(
def attend(self, x: Tensor) -> Tensor:
    return x
)";
constexpr const char* kClip = R"(
def end(self, x: Tensor) -> Tensor:
    return x.clip_(-self.clip_act, self.clip_act)
)";
constexpr const char* kNoClip = R"(
def end(self, x: Tensor) -> Tensor:
    return x
)";

[[noreturn]] void fail_attribute(const ModuleTree& module, const std::string& name,
                                 const std::string& expected) {
  throw Error(module.path, "expected '" + name + "' to be " + expected, "the file is damaged");
}

std::string text_of(const ModuleTree& module, const std::string& name, const std::string& known) {
  const Attribute* attribute = module.attribute(name);
  const auto* text = attribute ? std::get_if<std::string>(&attribute->value) : nullptr;
  if (!text) fail_attribute(module, name, known);
  return *text;
}

bool is_none(const ModuleTree& module, const std::string& name) {
  const Attribute* attribute = module.attribute(name);
  return attribute && std::holds_alternative<std::monostate>(attribute->value);
}

std::optional<double> number_of(const Attribute& attribute) {
  if (const auto* real = std::get_if<double>(&attribute.value)) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(&attribute.value)) return static_cast<double>(*whole);
  return std::nullopt;
}

// resample_filter divided by its sum, as an outer product with itself, in float32: row after row.
std::vector<double> filter_values(const ModuleTree& module) {
  constexpr const char* kExpected = "a list of 2, 4, ... 64 numbers whose sum is not 0";
  const Attribute* attribute = module.attribute("resample_filter");
  const auto* list = attribute ? std::get_if<Attribute::List>(&attribute->value) : nullptr;
  if (!list || list->empty() || list->size() > kMaxFilter || list->size() % 2 != 0)
    fail_attribute(module, "resample_filter", kExpected);
  std::vector<float> filter;
  float sum = 0;
  for (const Attribute& item : *list) {
    const std::optional<double> value = number_of(item);
    if (!value || !std::isfinite(*value)) fail_attribute(module, "resample_filter", kExpected);
    sum += filter.emplace_back(static_cast<float>(*value));
  }
  if (sum == 0) fail_attribute(module, "resample_filter", kExpected);
  std::vector<double> values;
  for (const float row : filter)
    for (const float column : filter) values.push_back((row / sum) * (column / sum));
  return values;
}

// Appends the fields of the way a block resamples, and says the methods and the side behind it.
std::string add_resampling(const ModuleTree& block, std::int64_t most, std::int64_t& side, Fields& fields) {
  constexpr const char* kModes = "'keep', 'up' or 'down'";
  const std::string mode = text_of(block, "resample_mode", kModes);
  if (mode == "keep") return kKeep;
  if (mode != "up" && mode != "down") fail_attribute(block, "resample_mode", kModes);
  const std::vector<double> values = filter_values(block);
  c10::List<double> list;
  for (const double value : values) list.push_back(value);
  fields.push_back({"filter_values", c10::ListType::ofFloats(), list});
  const double filter_side = std::sqrt(static_cast<double>(values.size()));
  fields.push_back(int_field("filter_side", static_cast<std::int64_t>(filter_side)));
  side = mode == "up" ? doubled(block, side, most) : halved(block, side);
  return std::string(kFilter) + (mode == "up" ? kUp : kDown);
}

double balance(const ModuleTree& module, const std::string& name) {
  const double value = finite_number(module, name);
  if (value < 0 || value > 1) fail_attribute(module, name, "a balance from 0 to 1");
  return value;
}

}  // namespace

torch::jit::Module build_mp_conv(const ModuleTree& module, NetworkParts& parts, std::int64_t in,
                                 std::int64_t out, std::int64_t kernel, const at::Tensor& gain) {
  expect_class(module, {"MPConv"});
  expect_children(module, {});
  if (module.get_int("out_channels") != out) fail_attribute(module, "out_channels", std::to_string(out));
  const Shape shape = kernel > 0 ? Shape{out, in, kernel, kernel} : Shape{out, in};
  // A float16 file is converted to one of its own size.
  const auto weights = parts.weights.parameters(module, {{"weight", shape, /*keeps_half=*/true}});
  parts.weights.buffers(module, {});
  c10::List<std::int64_t> dims;
  for (std::size_t dim = 1; dim < shape.size(); ++dim) dims.push_back(static_cast<std::int64_t>(dim));
  Fields fields{parameter_field("weight", weights[0]), bool_field(kFolded, false)};
  fields.push_back({"dims", c10::ListType::ofInts(), dims});
  if (gain.defined()) fields.push_back(parameter_field("gain", gain));
  std::string source = source::kNormalise;
  source += scaled_by(gain.defined() ? "self.gain" : "1");
  source += kernel > 0 ? kConvolution : kLinear;
  return parts.script.make("MPConv", fields, source);
}

NoiseEmbedding build_mp_fourier(const ModuleTree& module, NetworkParts& parts) {
  expect_class(module, {"MPFourier"});
  expect_children(module, {});
  const bool learnable = module.get_bool("learnable", false);  // TCM's
  const TensorView* view = module.buffer("freqs");
  const std::int64_t channels = view && view->shape.size() == 1 ? view->shape[0] : 1;
  if (channels < 1 || channels > kMaxChannels) fail_attribute(module, "freqs", "1 to 65536 long");
  const auto buffers =
      parts.weights.buffers(module, {{"freqs", Shape{channels}}, {"phases", Shape{channels}}});
  const auto scale =
      parts.weights.parameters(module, {{"scale", learnable ? std::optional(Shape{}) : std::nullopt}});
  Fields fields{buffer_field("freqs", buffers[0]), buffer_field("phases", buffers[1])};
  if (learnable) fields.push_back(parameter_field("scale", scale[0]));
  return {parts.script.make("MPFourier", fields, learnable ? kFourierLearnable : kFourier), channels};
}

at::Tensor gain_of(const ModuleTree& module, NetworkParts& parts, const std::string& name) {
  const auto gain = parts.weights.parameters(module, {{name, Shape{}, /*keeps_half=*/true}});
  parts.weights.buffers(module, {});
  return gain[0];
}

Edm2Block build_edm2_block(const ModuleTree& module, NetworkParts& parts, const Extent& in,
                           std::int64_t emb_channels, std::int64_t most) {
  expect_class(module, {"Block"});
  constexpr const char* kFlavors = "'enc' or 'dec'";
  const std::string flavor = text_of(module, "flavor", kFlavors);
  if (flavor != "enc" && flavor != "dec") fail_attribute(module, "flavor", kFlavors);
  const bool encodes = flavor == "enc";
  const std::int64_t out = int_in_range(module, "out_channels", 1, kMaxChannels);
  const std::int64_t heads = int_in_range(module, "num_heads", 0, out);
  if (heads > 0 && out % heads != 0)
    fail_attribute(module, "num_heads", "a divisor of " + std::to_string(out));
  const bool clips = !is_none(module, "clip_act");

  std::vector<std::string> required{"conv_res0", "emb_linear", "conv_res1"};
  if (in.channels != out) required.push_back("conv_skip");
  if (heads > 0) required.insert(required.end(), {"attn_qkv", "attn_proj"});
  expect_children(module, required);
  const auto child = [&](const char* name) -> const ModuleTree& { return *module.child(name); };

  Edm2Block block;
  block.out = {out, in.side};
  block.num_heads = heads;
  Fields fields{float_field("res_balance", balance(module, "res_balance")),
                module_field("conv_res0",
                             build_mp_conv(child("conv_res0"), parts, encodes ? out : in.channels, out, 3)),
                module_field("emb_linear", build_mp_conv(child("emb_linear"), parts, emb_channels, out, 0,
                                                         gain_of(module, parts, "emb_gain"))),
                module_field("conv_res1", build_mp_conv(child("conv_res1"), parts, out, out, 3))};
  std::string source = std::string(kBlock) + source::kMpSum + source::kNormalise;
  source += encodes ? kEncoder : kDecoder;
  source += add_resampling(module, most, block.out.side, fields);
  if (in.channels != out)
    fields.push_back(
        module_field("conv_skip", build_mp_conv(child("conv_skip"), parts, in.channels, out, 1)));
  source += in.channels != out ? kSkip : kNoSkip;
  if (heads > 0) {
    fields.push_back(int_field("num_heads", heads));
    fields.push_back(float_field("attn_balance", balance(module, "attn_balance")));
    fields.push_back(module_field("attn_qkv", build_mp_conv(child("attn_qkv"), parts, out, 3 * out, 1)));
    fields.push_back(module_field("attn_proj", build_mp_conv(child("attn_proj"), parts, out, out, 1)));
  }
  source += heads > 0 ? kAttend : kNoAttend;
  if (clips) fields.push_back(float_field("clip_act", finite_number(module, "clip_act")));
  source += clips ? kClip : kNoClip;
  block.module = parts.script.make("Block", fields, source);
  return block;
}

}  // namespace gdd
