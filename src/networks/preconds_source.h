// The preconditionings as TorchScript, one `denoise` each; see layers_source.h for how it reads.
#pragma once

namespace gdd::source {

extern const char* const kPrecond;          // forward, forward_half, prepare_labels: all classes have them
extern const char* const kRoundSigma;       // all but iDDPM: every sigma will do
extern const char* const kDenoiseGDD;       // GDDPrecond, D2OPrecond
extern const char* const kDenoiseEDM;       // EDMPrecond
extern const char* const kDenoiseECM;       // ECMPrecond
extern const char* const kDenoiseVP;        // VPPrecond
extern const char* const kDenoiseVE;        // VEPrecond
extern const char* const kDenoiseIDDPM;     // iDDPMPrecond
extern const char* const kRoundSigmaIDDPM;  // to the buffer u

}  // namespace gdd::source
