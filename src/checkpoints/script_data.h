// The data of a TorchScript archive, read as inert values before LibTorch may load it: loading makes objects
// of C++ classes that the data names, and takes tensors at their word.
#pragma once

#include <string>

namespace gdd {

// Errors: an object of one of LibTorch's own classes (packed weights of a quantised network, ...), by its
// name; a tensor that reaches beyond its storage, or a storage of another size than stated; objects that
// unfold to more than limits::kMaxModuleTreeBytes; what read_pickle and open_torch_zip refuse.
void refuse_dangerous_data(const std::string& path);

}  // namespace gdd
