#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include "google/rpc/error_details.pb.h"
#include "programs.h"
#include "qpo/marketdata/v1/marketdata_service.pb.h"
#include "qpo/optimizer/v1/optimizer_service.pb.h"
#include "qpo/portfolio/v1/portfolio_service.pb.h"

namespace {

using google::protobuf::Message;
using std::filesystem::path;
namespace json = google::protobuf::util;

std::string ReadFile(const path& file) {
  std::ifstream opened(file, std::ios::binary);
  if (!opened) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(opened), {}};
}

void WriteFile(const path& file, const std::string& bytes) {
  std::ofstream opened(file, std::ios::binary);
  if (!opened.write(bytes.data(), static_cast<std::streamsize>(bytes.size())))
    throw std::runtime_error("cannot write " + file.string());
}

// Maps in the order of their keys; otherwise C++ writes them in any.
std::string Bytes(const Message& message) {
  std::string written;
  {
    google::protobuf::io::StringOutputStream stream(&written);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return written;
}

std::unique_ptr<Message> New(const std::string& type) {
  const auto* known = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  if (known == nullptr) throw std::invalid_argument(type + " is not known here");
  return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()->GetPrototype(known)->New());
}

void RewriteOne(const path& in, const path& out, const std::string& name, const std::string& type) {
  const auto message = New(type);
  if (!message->ParseFromString(ReadFile(in / (name + ".binpb")))) throw std::runtime_error(name + " cannot be parsed");
  WriteFile(out / (name + ".binpb"), Bytes(*message));
  std::string text;
  if (const auto status = json::MessageToJsonString(*message, &text); !status.ok())
    throw std::runtime_error(name + ": " + status.ToString());
  WriteFile(out / (name + ".json"), text);
  const auto told = New(type);
  if (const auto status = json::JsonStringToMessage(ReadFile(in / (name + ".json")), told.get()); !status.ok())
    throw std::runtime_error(name + ": " + status.ToString());
  WriteFile(out / (name + ".from-json.binpb"), Bytes(*told));
}

}  // namespace

void Rewrite(const path& in, const path& out) {
  // Whoever is found by name alone must be linked in.
  google::rpc::ErrorInfo::default_instance();
  std::ifstream list(in / "types.txt");
  for (std::string name, type; list >> name >> type;) RewriteOne(in, out, name, type);
}
