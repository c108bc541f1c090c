#include <csignal>
#include <cstdio>

#include "tool/command.h"

int main(int argc, char** argv) {
  ::signal(SIGXFSZ, SIG_IGN);  // A file over the limit shows in write()'s error.
  const hither::ToolResult result =
      hither::RunTool({argv + (argc > 0 ? 1 : 0), static_cast<size_t>(argc > 0 ? argc - 1 : 0)});
  return hither::PrintResult(result, stdout, stderr);
}
