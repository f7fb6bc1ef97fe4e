// What somebody may have meant whose command line cannot be understood.
#pragma once

#include <span>
#include <string>

namespace CLI {
class App;
}

namespace pretag {

// "There is no command 'runn': did you mean 'run'?", "Settings are written without dashes: accuracy=VALUE"; empty where
// nothing is likely. `arguments` begin with the program.
std::string hint_for(std::span<char* const> arguments, const CLI::App& app);

}  // namespace pretag
