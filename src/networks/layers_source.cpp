#include "networks/layers_source.h"

namespace gdd::source {

const char* const kLinear = R"(
def forward(self, x: Tensor) -> Tensor:
    x = x @ self.weight.to(x.dtype).t()
    return x.add_(self.bias.to(x.dtype))
)";

const char* const kLinearWithoutBias = R"(
def forward(self, x: Tensor) -> Tensor:
    return x @ self.weight.to(x.dtype).t()
)";

const char* const kConvolve = R"(
def convolve(self, x: Tensor, padding: int) -> Tensor:
    return torch.conv2d(x, self.weight.to(x.dtype), None, [1, 1], [padding, padding], [1, 1], self.groups)

def add_bias(self, x: Tensor) -> Tensor:
    return x.add_(self.bias.to(x.dtype).reshape([1, -1, 1, 1]))

def convolve_and_add_bias(self, x: Tensor) -> Tensor:
    padding = self.weight.size(3) // 2
    if self.reduced:
        return torch.conv2d(x, self.weight, self.bias, [1, 1], [padding, padding], [1, 1], self.groups)
    return self.add_bias(self.convolve(x, padding))
)";

const char* const kUpsample = R"(
def upsample(self, x: Tensor) -> Tensor:
    channels = x.size(1)
    f = self.resample_filter.to(x.dtype).mul(4).tile([channels, 1, 1, 1])
    padding = (f.size(3) - 1) // 2
    return torch.conv_transpose2d(x, f, None, [2, 2], [padding, padding], [0, 0], channels)
)";

const char* const kDownsample = R"(
def downsample(self, x: Tensor, padding: int) -> Tensor:
    channels = x.size(1)
    f = self.resample_filter.to(x.dtype).tile([channels, 1, 1, 1])
    return torch.conv2d(x, f, None, [2, 2], [padding, padding], [1, 1], channels)

def filter_padding(self) -> int:
    return (self.resample_filter.size(3) - 1) // 2
)";

const char* const kConv = R"(
def forward(self, x: Tensor) -> Tensor:
    return self.convolve_and_add_bias(x)
)";

const char* const kConvUp = R"(
def forward(self, x: Tensor) -> Tensor:
    return self.convolve_and_add_bias(self.upsample(x))
)";

const char* const kConvDown = R"(
def forward(self, x: Tensor) -> Tensor:
    return self.convolve_and_add_bias(self.downsample(x, self.filter_padding()))
)";

const char* const kConvFusedDown = R"(
def forward(self, x: Tensor) -> Tensor:
    x = self.convolve(x, self.weight.size(3) // 2 + self.filter_padding())
    return self.add_bias(self.downsample(x, 0))
)";

const char* const kResampleUp = R"(
def forward(self, x: Tensor) -> Tensor:
    return self.upsample(x)
)";

const char* const kResampleDown = R"(
def forward(self, x: Tensor) -> Tensor:
    return self.downsample(x, self.filter_padding())
)";

// With `wide` the statistics and the result are of float32, whatever x is. Reduced layers take x as it is:
// the statistics are of float32 there too, inside of the kernel.
const char* const kGroupNorm = R"(
def forward(self, x: Tensor) -> Tensor:
    if self.reduced:
        return torch.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)
    if self.wide:
        return torch.group_norm(x.to(6), self.num_groups, self.weight, self.bias, self.eps).to(x.dtype)
    return torch.group_norm(x, self.num_groups, self.weight.to(x.dtype), self.bias.to(x.dtype), self.eps)
)";

const char* const kPositionalEmbedding = R"(
def forward(self, x: Tensor) -> Tensor:
    half = self.num_channels // 2
    freqs = torch.arange(0, half, dtype=6, device=x.device)
    if self.endpoint:
        freqs = freqs / (half - 1)
    else:
        freqs = freqs / half
    freqs = torch.pow(1 / self.max_positions, freqs)
    x = x.ger(freqs.to(x.dtype))
    return torch.cat([x.cos(), x.sin()], 1)
)";

const char* const kPositionalEmbeddingOpenAI = R"(
def forward(self, x: Tensor) -> Tensor:
    half = self.num_channels // 2
    freqs = torch.arange(0, half, dtype=6, device=x.device)
    freqs = torch.exp(-torch.log(self.max_positions) * freqs / half)
    x = x.to(6).unsqueeze(1) * freqs.unsqueeze(0)
    return torch.cat([x.cos(), x.sin()], 1)
)";

const char* const kFourierEmbedding = R"(
def forward(self, x: Tensor) -> Tensor:
    x = x.ger((2 * 3.141592653589793 * self.freqs).to(x.dtype))
    return torch.cat([x.cos(), x.sin()], 1)
)";

const char* const kFourierEmbeddingLearnable = R"(
def forward(self, x: Tensor) -> Tensor:
    freqs = self.freqs * self.scale * 10
    x = x.ger((2 * 3.141592653589793 * freqs).to(x.dtype))
    return torch.cat([x.cos(), x.sin()], 1)
)";

// The sum and its factor are of float32, as is 1e-4: a sum begun from it rounds as upstream's.
const char* const kNormalise = R"(
def normalise(self, x: Tensor, dims: List[int]) -> Tensor:
    norm = torch.linalg_vector_norm(x, 2, dims, True, dtype=6)
    norm = torch.add(torch.tensor(0.0001, dtype=6), norm, alpha=torch.sqrt(norm.numel() / x.numel()))
    return x / norm.to(x.dtype)
)";

const char* const kBlock = R"(
def forward(self, x: Tensor, emb: Tensor) -> Tensor:
    orig = x
    x = self.conv0.forward(torch.silu_(self.norm0.forward(x)))
    params = self.embed(emb, x.dtype)
    x = torch.silu_(self.norm1.forward(x.add_(params)))
    x = self.conv1.forward(x).add_(self.shortcut(orig))
    return self.attend(x * self.skip_scale)
)";

const char* const kBlockAdaptiveScale = R"(
def forward(self, x: Tensor, emb: Tensor) -> Tensor:
    orig = x
    x = self.conv0.forward(torch.silu_(self.norm0.forward(x)))
    params = self.embed(emb, x.dtype)
    scale, shift = torch.chunk(params, 2, 1)
    x = torch.silu_(torch.addcmul(shift, self.norm1.forward(x), scale + 1))
    x = self.conv1.forward(x).add_(self.shortcut(orig))
    return self.attend(x * self.skip_scale)
)";

const char* const kEmbed = R"(
def embed(self, emb: Tensor, dtype: int) -> Tensor:
    return self.affine.forward(emb).unsqueeze(2).unsqueeze(3).to(dtype)
)";

const char* const kEmbedNormalised = R"(
def embed(self, emb: Tensor, dtype: int) -> Tensor:
    return self.normalise(self.affine.forward(emb).unsqueeze(2).unsqueeze(3).to(dtype), [1, 2, 3])
)";

const char* const kShortcut = R"(
def shortcut(self, x: Tensor) -> Tensor:
    return self.skip.forward(x)
)";

const char* const kNoShortcut = R"(
def shortcut(self, x: Tensor) -> Tensor:
    return x
)";

// The weights of attention are computed in float32.
const char* const kAttention = R"(
def attend(self, x: Tensor) -> Tensor:
    qkv = self.qkv.forward(self.norm2.forward(x))
    if self.reduced:
        a = self.attend_at_once(qkv)
    else:
        a = self.attend_as_upstream(qkv)
    x = self.proj.forward(a.reshape(x.size())).add_(x)
    return x * self.skip_scale

def attend_as_upstream(self, qkv: Tensor) -> Tensor:
    channels = qkv.size(1) // 3 // self.num_heads
    q, k, v = qkv.reshape([qkv.size(0) * self.num_heads, channels, 3, -1]).unbind(2)
    k = (k / torch.sqrt(channels)).to(6)
    w = torch.einsum('ncq,nck->nqk', [q.to(6), k]).softmax(2).to(q.dtype)
    return torch.einsum('nqk,nck->ncq', [w, v])
)";

// Of reduced layers, where rows of qkv are sorted: all queries, all keys, all values (Network::to). By a
// kernel that holds scores and weights of attention block by block, in float32 (FlashAttention,
// arXiv:2205.14135), or, where the products of that kernel are slow, image by image with scores and weights
// of the layers' own type, as torch.autocast has them; what sums over them is float32 in both. With beta 0
// what `w` held before is not read; a softmax over the last dimension may take the place of its argument,
// because torch's kernel reads a row as a whole before it writes there.
const char* const kAttentionAtOnce = R"(
def attend_at_once(self, qkv: Tensor) -> Tensor:
    channels = qkv.size(1) // 3 // self.num_heads
    heads = qkv.reshape([qkv.size(0), 3, self.num_heads, channels, -1])
    q, k, v = heads.permute([1, 0, 2, 4, 3]).contiguous().unbind(0)
    if self.by_products:
        a = self.attend_by_products(q, k, v)
    else:
        a = torch.scaled_dot_product_attention(q, k, v)
    return a.transpose(2, 3)

def attend_by_products(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    scale = 1 / torch.sqrt(q.size(3))
    a = torch.empty_like(q)
    w = torch.empty([q.size(1), q.size(2), k.size(2)], dtype=q.dtype, device=q.device)
    for i in range(q.size(0)):
        torch.baddbmm(w, q[i], k[i].transpose(1, 2), beta=0, alpha=scale, out=w)
        torch._softmax(w, -1, False, out=w)
        torch.bmm(w, v[i], out=a[i])
    return a
)";

const char* const kNoAttention = R"(
def attend(self, x: Tensor) -> Tensor:
    return x
)";

}  // namespace gdd::source
