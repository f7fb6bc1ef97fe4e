#include "pretag/server/routes.h"

#include "pretag/server/router.h"

namespace pretag {

void add_all_routes(Router& router) {
  add_version_routes(router);
  add_licence_routes(router);
  add_file_routes(router);
  add_dataset_routes(router);
  add_sharing_routes(router);
  add_datasource_listing_routes(router);
  add_datasource_file_routes(router);
  add_datasource_routes(router);
  add_worker_config_routes(router);
  add_schedule_routes(router);
  add_worker_routes(router);
  add_run_routes(router);
  add_run_log_routes(router);
  add_artifact_routes(router);
  add_tag_arithmetic_routes(router);
  add_export_routes(router);
  add_tag_routes(router);
  add_mapping_routes(router);
  add_sample_routes(router);
  add_embedding_routes(router);
  add_prediction_routes(router);
  add_prediction_list_routes(router);
  add_score_routes(router);
  add_metadata_routes(router);
  add_web_page_routes(router);
  add_web_dataset_routes(router);
  add_web_image_routes(router);
}

}  // namespace pretag
