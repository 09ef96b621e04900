#include "networks/openai_layers_source.h"

namespace gdd::source {

const char* const kLinearOpenAI = R"(
def forward(self, x: Tensor) -> Tensor:
    return torch.linear(x, self.weight.to(x.dtype), self.bias.to(x.dtype))
)";

const char* const kConvOpenAI = R"(
def forward(self, x: Tensor) -> Tensor:
    padding = self.weight.size(3) // 2
    return torch.conv2d(x, self.weight.to(x.dtype), self.bias.to(x.dtype), [1, 1], [padding, padding], [1, 1], self.groups)
)";

const char* const kConvUpOpenAI = R"(
def forward(self, x: Tensor) -> Tensor:
    padding = self.weight.size(3) // 2
    x = torch.upsample_nearest2d(x, None, [2.0, 2.0])
    return torch.conv2d(x, self.weight.to(x.dtype), self.bias.to(x.dtype), [1, 1], [padding, padding], [1, 1], self.groups)
)";

const char* const kConvDownOpenAI = R"(
def forward(self, x: Tensor) -> Tensor:
    padding = self.weight.size(3) // 2
    x = torch.avg_pool2d(x, [2, 2], [2, 2])
    return torch.conv2d(x, self.weight.to(x.dtype), self.bias.to(x.dtype), [1, 1], [padding, padding], [1, 1], self.groups)
)";

const char* const kResampleUpOpenAI = R"(
def forward(self, x: Tensor) -> Tensor:
    return torch.upsample_nearest2d(x, None, [2.0, 2.0])
)";

const char* const kResampleDownOpenAI = R"(
def forward(self, x: Tensor) -> Tensor:
    return torch.avg_pool2d(x, [2, 2], [2, 2])
)";

const char* const kBlockOpenAI = R"(
def forward(self, x: Tensor, emb: Tensor) -> Tensor:
    h = self.conv0.forward(torch.silu_(self.norm0.forward(x)))
    h = h + self.embed(emb, h.dtype)
    h = self.conv1.forward(torch.silu_(self.norm1.forward(h)))
    return self.attend(self.shortcut(x) + h)
)";

const char* const kBlockAdaptiveScaleOpenAI = R"(
def forward(self, x: Tensor, emb: Tensor) -> Tensor:
    h = self.conv0.forward(torch.silu_(self.norm0.forward(x)))
    scale, shift = torch.chunk(self.embed(emb, h.dtype), 2, 1)
    h = self.norm1.forward(h) * (1 + scale) + shift
    h = self.conv1.forward(torch.silu_(h))
    return self.attend(self.shortcut(x) + h)
)";

// Queries and keys both are scaled, before they meet (its float32 QKVAttention).
const char* const kAttentionOpenAI = R"(
def attend(self, x: Tensor) -> Tensor:
    qkv = self.qkv.forward(self.norm2.forward(x))
    if self.reduced:
        a = self.attend_at_once(qkv)
    else:
        a = self.attend_as_upstream(qkv)
    return x + self.proj.forward(a.reshape(x.size()))

def attend_as_upstream(self, qkv: Tensor) -> Tensor:
    channels = qkv.size(1) // 3 // self.num_heads
    q, k, v = qkv.reshape([qkv.size(0) * self.num_heads, channels, 3, -1]).unbind(2)
    scale = 1 / torch.sqrt(torch.sqrt(channels))
    w = torch.einsum('bct,bcs->bts', [q * scale, k * scale]).to(6).softmax(2).to(q.dtype)
    return torch.einsum('bts,bcs->bct', [w, v])
)";

}  // namespace gdd::source
