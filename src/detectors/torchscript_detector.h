// Any feature network as TorchScript, described by a small JSON beside it. TorchScript is a program: what is
// not made of the operators of networks alone is refused before it runs (script_program.h), so that a file
// from a stranger can loop or fill memory, but can neither reach other files nor print.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "detectors/detector.h"
#include "detectors/preparation.h"

namespace gdd {

// The description that belongs to FILE: FILE.json, or FILE with .json in place of its ending; empty: none, or
// FILE holds weights without a program, and needs none.
std::string find_description(const std::string& path);

// Its name, and how it says that images are prepared. Errors: of the object, as below.
std::pair<std::string, Preparation> read_description(const std::string& description);

// The network takes [N, 3, size, size] float32 and gives [N, D] float32 (or a tuple that begins with it). The
// description is an object with
//   name          string of at most 200 printable bytes: stands in reports
//   preset        "clip": CLIP's preprocessing as clean-fid has it (clip_features.py); gives all of the below
//   input_size    pixels a side
//   resize        tf1-bilinear, half-pixel-bilinear, pil-bicubic, pil-bicubic-uint8 or torch-bicubic
//   crop          "none" (the whole image is brought to the size) or "center" (default none)
//   range         [low, high]: what 0 and 255 become (default [0, 1])
//   mean, std     numbers or [3], taken off and divided by after that (default 0 and 1)
// Loading, and each batch of at most 256 MB of prepared images, may take `batch_seconds` (0: for ever); then
// the process ends (untrusted_work.h). Errors, naming the file: no such object, unknown or missing keys,
// values out of range; TorchScript that torch refuses, that uses what no network needs, or that gives
// something else.
std::unique_ptr<Detector> open_torchscript_detector(const std::string& path, const std::string& description,
                                                    double batch_seconds);

}  // namespace gdd
