// The two things that the program does.
#pragma once

#include <filesystem>

#include <google/protobuf/struct.pb.h>

// The main job once, as `task` says; what was seen.
google::protobuf::Struct Walk(const google::protobuf::Struct& task);

// Reads each golden message of `in` from bytes and from JSON, and writes to `out` what C++ makes of it.
void Rewrite(const std::filesystem::path& in, const std::filesystem::path& out);
