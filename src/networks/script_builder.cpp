#include "networks/script_builder.h"

#include <utility>

namespace gdd {

Field parameter_field(std::string name, at::Tensor value) {
  return {std::move(name), c10::TensorType::get(), std::move(value), Field::Role::kParameter};
}
Field buffer_field(std::string name, at::Tensor value) {
  return {std::move(name), c10::TensorType::get(), std::move(value), Field::Role::kBuffer};
}
Field int_field(std::string name, std::int64_t value) {
  return {std::move(name), c10::IntType::get(), value};
}
Field float_field(std::string name, double value) { return {std::move(name), c10::FloatType::get(), value}; }
Field bool_field(std::string name, bool value) { return {std::move(name), c10::BoolType::get(), value}; }
Field module_field(std::string name, const torch::jit::Module& value) {
  return {std::move(name), value.type(), value._ivalue()};
}

torch::jit::Module ScriptBuilder::make(const std::string& class_name, const Fields& fields,
                                       const std::string& source) {
  std::string key = class_name + '\n';
  for (const Field& field : fields) key += field.name + ' ' + field.type->annotation_str() + '\n';
  c10::ClassTypePtr& type = classes_[key + source];
  if (!type) type = define(class_name, fields, source);
  torch::jit::Module instance(unit_, type);
  for (const Field& field : fields) instance.setattr(field.name, field.value);
  instance.setattr("training", false);
  return instance;
}

c10::ClassTypePtr ScriptBuilder::define(const std::string& class_name, const Fields& fields,
                                        const std::string& source) {
  const int variant = variants_[class_name]++;
  const std::string name = class_name + (variant > 0 ? std::to_string(variant) : "");
  auto type = c10::ClassType::create(c10::QualifiedName("__torch__.gdd." + name), unit_, /*is_module=*/true);
  unit_->register_type(type);
  for (const Field& field : fields)
    type->addAttribute(field.name, field.type, field.role == Field::Role::kParameter,
                       field.role == Field::Role::kBuffer);
  type->addAttribute("training", c10::BoolType::get());  // Python's Module.eval() and freeze() look for it
  if (!source.empty()) torch::jit::Module(unit_, type).define(source);
  return type;
}

}  // namespace gdd
