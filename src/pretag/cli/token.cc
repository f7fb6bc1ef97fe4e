// pretag token: who may use the server.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>

#include "pretag/cli/commands.h"
#include "pretag/cli/exit_codes.h"
#include "pretag/server/accounts.h"
#include "pretag/server/postgres_address.h"
#include "pretag/server/server_context.h"
#include "pretag/util/printable.h"

namespace pretag {
namespace {

struct TokenArguments {
  std::string data_folder, database;
  std::string user = "admin", label;
  std::string id;
};

int fail(const Error& error) {
  std::cerr << "pretag token: " << printable(error.message) << '\n';
  return error.code == ErrorCode::kInvalidArgument ? kExitUsage : kExitError;
}

std::string date_of(int64_t unix_ms) {
  return fmt::format("{:%Y-%m-%d %H:%M}", fmt::gmtime(static_cast<std::time_t>(unix_ms / 1000)));
}

Status create(ServerContext& context, SqlConnection& sql, const TokenArguments& arguments) {
  PRETAG_ASSIGN(const NewToken token, create_token(sql, arguments.user, arguments.label, context.now_ms()));
  // The secret alone on stdout, for scripts.
  std::cerr << fmt::format("Token {} of {}, shown this once:\n", token.id, arguments.user);
  std::cout << token.secret << std::endl;
  return {};
}

Status list_all(SqlConnection& sql) {
  PRETAG_ASSIGN(const auto tokens, list_tokens(sql));
  if (tokens.empty()) std::cerr << "There is no token yet; 'pretag token create' makes one\n";
  for (const TokenInfo& token : tokens) {
    std::cout << fmt::format("{}  {}  {:<20} {}{}\n", token.id, date_of(token.created_at), token.user,
                             token.revoked_at == 0 ? "" : "revoked " + date_of(token.revoked_at) + "  ", token.label);
  }
  return {};
}

Status revoke(ServerContext& context, SqlConnection& sql, const TokenArguments& arguments) {
  PRETAG_ASSIGN(const bool revoked, revoke_token(sql, arguments.id, context.now_ms()));
  if (revoked) return {};
  return Error{ErrorCode::kNotFound,
               "'" + arguments.id + "': no token with this id, or revoked already; 'pretag token list' shows them"};
}

using Verb = std::function<Status(ServerContext&, SqlConnection&)>;

// Opening a server that is not there would make one, and a token that the right one does not know.
Status check_there_is(const TokenArguments& arguments) {
  if (is_postgres_url(arguments.database)) return {};
  const std::string file = arguments.database.empty() ? arguments.data_folder + "/server.db" : arguments.database;
  std::error_code failure;
  if (std::filesystem::exists(file, failure)) return {};
  if (failure == std::errc::permission_denied) {
    return Error{ErrorCode::kInvalidArgument, file +
                                                  ": this user may not look there; run the command as the user of "
                                                  "'pretag serve', as in: sudo -u pretag pretag token …"};
  }
  return Error{ErrorCode::kInvalidArgument,
               arguments.data_folder + ": holds no server, there is no " + file +
                   "; give the folder that 'pretag serve' was given, after it was started once"};
}

int with_server(const TokenArguments& arguments, const Verb& verb) {
  if (const Status there = check_there_is(arguments); !there) return fail(there.error());
  const auto context = open_server(arguments.data_folder, arguments.database, {});
  if (!context) return fail(context.error());
  const auto sql = (*context)->database().connect();
  if (!sql) return fail(sql.error());
  const Status done = verb(**context, **sql);
  return done ? kExitOk : fail(done.error());
}

}  // namespace

void add_token_command(CLI::App& app, std::function<int()>& action) {
  auto arguments = std::make_shared<TokenArguments>();
  CLI::App* command = app.add_subcommand("token", "Create, list and revoke the tokens of a server");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, Verb verb) {
    CLI::App* subcommand = command->add_subcommand(name, help);
    subcommand->add_option("--data", arguments->data_folder, "The folder that 'pretag serve' was given")
        ->required()
        ->type_name("DIR");
    subcommand
        ->add_option("--database", arguments->database,
                     "Where 'pretag serve' has it, if it was told (default DIR/server.db)")
        ->type_name("FILE|URL");
    subcommand->callback([arguments, verb = std::move(verb), &action] {
      action = [arguments, verb] { return with_server(*arguments, verb); };
    });
    return subcommand;
  };
  CLI::App* creation = add("create", "Print a new token; it is shown this once",
                           [arguments](ServerContext& c, SqlConnection& sql) { return create(c, sql, *arguments); });
  creation->add_option("--user", arguments->user, "Whose it is: datasets belong to users (default admin)")
      ->type_name("NAME");
  creation->add_option("--label", arguments->label, "What it is for, for the list")->type_name("TEXT");
  add("list", "Ids, dates, users and labels; never the tokens themselves",
      [](ServerContext&, SqlConnection& sql) { return list_all(sql); });
  CLI::App* revocation = add("revoke", "End a token; at once, also for a running server",
                             [arguments](ServerContext& c, SqlConnection& sql) { return revoke(c, sql, *arguments); });
  revocation->add_option("id", arguments->id, "As 'pretag token list' shows it")->required()->type_name("ID");
  command->footer(
      "Examples:\n"
      "  pretag token create --data server/ --user anna@example.org --label laptop\n"
      "  pretag token list --data server/\n"
      "Exit codes: 0 done, 1 error, 2 wrong usage.");
}

}  // namespace pretag
