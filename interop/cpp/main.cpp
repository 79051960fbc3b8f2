// QPO from C++: `interop walk < task.json`, `interop golden IN OUT`.
#include <exception>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <google/protobuf/util/json_util.h>

#include "programs.h"

namespace {

using google::protobuf::Struct;
namespace json = google::protobuf::util;

void Run(const std::vector<std::string>& arguments) {
  if (arguments.size() == 3 && arguments[0] == "golden") return Rewrite(arguments[1], arguments[2]);
  if (arguments.size() != 1 || arguments[0] != "walk")
    throw std::invalid_argument("say `walk < task.json` or `golden IN OUT`");
  const std::string given{std::istreambuf_iterator<char>(std::cin), {}};
  Struct task;
  if (const auto read = json::JsonStringToMessage(given, &task); !read.ok())
    throw std::invalid_argument("the task on standard input: " + read.ToString());
  std::string told;
  if (const auto written = json::MessageToJsonString(Walk(task), &told); !written.ok())
    throw std::runtime_error(written.ToString());
  std::cout << told << '\n';
}

}  // namespace

int main(int count, char** arguments) {
  try {
    Run({arguments + 1, arguments + count});
  } catch (const std::exception& failure) {
    std::cerr << "interop: " << failure.what() << '\n';
    return 1;
  }
}
