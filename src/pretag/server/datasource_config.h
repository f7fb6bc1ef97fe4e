// The kinds of data sources: what belongs to each, what of it is secret. For this layer.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "pretag/server/reply.h"
#include "pretag/server/server_key.h"

namespace pretag {

// A validated configuration, apart from its id. `secrets` is an object with the secret keys only.
struct DatasourceConfig {
  std::string purpose;
  nlohmann::json shown = nlohmann::json::object();
  nlohmann::json secrets = nlohmann::json::object();
};

// 400 names the key that is missing or wrong. Keys that do not belong to the type are refused, since they may be
// secrets.
Reply<DatasourceConfig> read_datasource_config(const nlohmann::json& body);

// What is stored: the shown part, and the secrets encrypted for this data source of this dataset.
nlohmann::json stored_datasource(const DatasourceConfig& config, const std::string& dataset_id, const ServerKey& key);
// What is answered: secrets are masked.
nlohmann::json shown_datasource(const nlohmann::json& stored);

}  // namespace pretag
