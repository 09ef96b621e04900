#include "detectors/script_operators.h"

#include <algorithm>
#include <array>
#include <set>

namespace gdd {
namespace {

// clang-format off
// Names in words, as in torch's documentation. An operator that works in place ("add_") is known with its other self.
constexpr std::string_view kTensors =
    // arithmetic
    "add sub rsub subtract mul multiply div divide true_divide floor_divide remainder fmod pow float_power neg negative positive "
    "abs absolute sign sgn sqrt rsqrt square reciprocal exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan atan2 arctan "
    "arctan2 sinh cosh tanh asinh acosh atanh erf erfc erfinv sinc ceil floor round trunc fix frac clamp clamp_min clamp_max clip "
    "minimum maximum fmin fmax hypot lerp addcmul addcdiv logaddexp logaddexp2 xlogy nan_to_num deg2rad rad2deg ldexp heaviside "
    "copysign logit "
    // comparison and logic
    "eq ne lt le gt ge equal not_equal less less_equal greater greater_equal isclose allclose isfinite isinf isnan isposinf isneginf "
    "logical_and logical_or logical_not logical_xor bitwise_and bitwise_or bitwise_not bitwise_xor bitwise_left_shift "
    "bitwise_right_shift where masked_fill masked_select masked_scatter is_nonzero isin "
    // products
    "matmul mm bmm mv dot inner outer ger vdot addmm addbmm baddbmm addmv addr linear bilinear einsum tensordot kron cross "
    "linalg_vector_norm linalg_norm linalg_matrix_norm linalg_matmul linalg_cross cdist cosine_similarity pairwise_distance chain_matmul "
    // convolution
    "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d convolution _convolution _convolution_mode "
    "im2col col2im "
    // normalisation
    "batch_norm layer_norm group_norm instance_norm rms_norm "
    "norm frobenius_norm nuclear_norm "
    // activation
    "relu relu6 leaky_relu prelu elu selu celu gelu glu silu mish hardswish hardsigmoid hardtanh hardshrink softshrink softplus "
    "sigmoid log_sigmoid threshold rrelu softmax log_softmax _softmax _log_softmax dropout feature_dropout "
    "alpha_dropout feature_alpha_dropout "
    // attention
    "scaled_dot_product_attention _scaled_dot_product_attention_math "
    "embedding one_hot "
    // pooling and resizing
    "avg_pool1d avg_pool2d avg_pool3d max_pool1d max_pool2d max_pool3d max_pool2d_with_indices adaptive_avg_pool1d adaptive_avg_pool2d "
    "adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d _adaptive_avg_pool2d "
    "upsample_nearest1d upsample_nearest2d upsample_bilinear2d upsample_bicubic2d upsample_linear1d upsample_trilinear3d "
    "upsample_nearest3d _upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d _upsample_bilinear2d_aa _upsample_bicubic2d_aa "
    "__interpolate __upsample __upsample_nearest __upsample_bilinear grid_sampler grid_sampler_2d affine_grid_generator "
    "pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle "
    // shapes
    "reshape reshape_as view view_as _unsafe_view flatten unflatten ravel permute transpose t numpy_T mT mH adjoint squeeze unsqueeze "
    "expand expand_as broadcast_to broadcast_tensors repeat repeat_interleave tile movedim moveaxis swapaxes swapdims flip fliplr flipud "
    "rot90 roll unfold contiguous clone alias detach cat concat concatenate stack hstack vstack dstack column_stack split "
    "split_with_sizes chunk tensor_split hsplit vsplit unbind meshgrid pad constant_pad_nd reflection_pad1d reflection_pad2d "
    "reflection_pad3d replication_pad1d replication_pad2d replication_pad3d _pad_circular _pad_enum atleast_1d atleast_2d atleast_3d "
    "as_strided view_as_real view_as_complex diagonal diag diag_embed diagflat tril triu trace "
    // indexing
    "select slice narrow index index_select index_put index_fill index_add index_copy gather scatter scatter_add scatter_reduce take "
    "take_along_dim nonzero nonzero_numpy argwhere select_scatter slice_scatter searchsorted bucketize "
    // reductions and sorting
    "sum mean std var std_mean var_mean prod max min amax amin aminmax argmax argmin all any logsumexp cumsum cumprod cummax cummin "
    "logcumsumexp median nanmedian nanmean nansum mode quantile count_nonzero sort argsort msort topk kthvalue "
    "unique_consecutive _unique2 bincount "
    // types, devices, and what a tensor says of itself
    "to type_as cpu cuda _cast_Float _cast_Double _cast_Half _cast_Int _cast_Long _to_copy "
    "size dim numel stride element_size len is_floating_point is_complex is_contiguous is_signed is_same_size result_type promote_types "
    "can_cast item to_dense requires_grad_ _shape_as_tensor _local_scalar_dense "
    // making
    "zeros ones full empty arange linspace logspace eye tensor as_tensor scalar_tensor zeros_like ones_like full_like empty_like "
    "new_zeros new_ones new_full new_empty fill zero copy lift lift_fresh _assert_async tril_indices triu_indices hann_window "
    "real imag complex polar conj resolve_conj resolve_neg angle ";

// Of numbers, texts, lists and dicts, and of the interpreter.
constexpr std::string_view kValues =
    "Bool Int Float Complex IntImplicit FloatImplicit ScalarImplicit __getitem__ __contains__ __is__ __isnot__ __not__ __and__ __or__ "
    "__xor__ __lshift__ __rshift__ __range_length __derive_index __round_to_zero_floordiv _set_item append extend insert pop remove clear "
    "reverse index count sorted list dict keys values items get update setdefault popitem str format percentFormat join lower upper "
    "strip lstrip rstrip split startswith endswith find replace ord chr floordiv mathremainder divmod fabs factorial gcd degrees radians "
    "isdigit copy _size_if_not_equal _infer_size _unwrap_optional _list_to_tensor _tensor_to_list warn is_scripting is_autocast_enabled "
    "is_autocast_cpu_enabled is_grad_enabled set_grad_enabled has_torch_function _get_tracing_state get_device ";

constexpr std::string_view kInterpreter =
    "Constant Param Return If Loop ListConstruct ListUnpack TupleConstruct TupleUnpack TupleIndex TupleSlice DictConstruct DictIndex "
    "GetAttr SetAttr CreateObject Enter Exit RaiseException Uninitialized unchecked_cast unchecked_unwrap_optional NumToTensor dtype "
    "device layout itemsize is_cpu is_cuda is_meta is_mkldnn is_nested is_quantized is_sparse is_mps is_xpu is_xla requires_grad data "
    "type index name min max abs rangelist isinstance EnumName EnumValue StringIndex ModuleContainerIndex tolist ConstantChunk ";
// clang-format on

using Names = std::set<std::string_view>;

Names words(std::string_view text) {
  Names names;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    if (end > 0) names.insert(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return names;
}

}  // namespace

bool is_network_operator(std::string_view kind) {
  static const Names kTensorNames = words(kTensors), kValueNames = words(kValues),
                     kInterpreterNames = words(kInterpreter);
  constexpr std::string_view kAten = "aten::", kPrim = "prim::";
  if (kind.starts_with(kPrim)) return kInterpreterNames.contains(kind.substr(kPrim.size()));
  if (!kind.starts_with(kAten)) return false;
  std::string_view name = kind.substr(kAten.size());
  if (kTensorNames.contains(name) || kValueNames.contains(name)) return true;
  if (!name.ends_with('_') || name.ends_with("__")) return false;
  name.remove_suffix(1);
  return kTensorNames.contains(name);
}

}  // namespace gdd
