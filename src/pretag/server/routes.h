// All that the server answers, by area: one file each.
#pragma once

namespace pretag {

class Metrics;
class Router;

// /healthz, /readyz, /metrics: no token. `metrics` must outlive the router.
void add_health_routes(Router& router, const Metrics& metrics);

void add_version_routes(Router& router);
void add_licence_routes(Router& router);
void add_file_routes(Router& router);
void add_dataset_routes(Router& router);
void add_sharing_routes(Router& router);
void add_datasource_routes(Router& router);
void add_datasource_listing_routes(Router& router);
void add_datasource_file_routes(Router& router);
void add_worker_routes(Router& router);
void add_worker_config_routes(Router& router);
void add_schedule_routes(Router& router);
void add_run_routes(Router& router);
void add_run_log_routes(Router& router);
void add_artifact_routes(Router& router);
void add_tag_routes(Router& router);
void add_tag_arithmetic_routes(Router& router);
void add_export_routes(Router& router);
void add_mapping_routes(Router& router);
void add_sample_routes(Router& router);
void add_embedding_routes(Router& router);
void add_prediction_routes(Router& router);
void add_prediction_list_routes(Router& router);
void add_score_routes(Router& router);
void add_metadata_routes(Router& router);

// For people: the pages of server/web/, and under /web/api/ what only they ask for.
void add_web_page_routes(Router& router);
void add_web_dataset_routes(Router& router);
void add_web_image_routes(Router& router);

void add_all_routes(Router& router);

}  // namespace pretag
