#!/usr/bin/env python3
"""Pretags the images of a worker's input mount with the public client, `pip install lightly` in a virtual environment.

    export LIGHTLY_SERVER_LOCATION=http://localhost:8000 LIGHTLY_TOKEN=YOUR_TOKEN
    pretag worker input_dir=photos output_dir=runs pretagging_debug=True
    v/bin/python examples/run_pretagging.py my-dataset    # v: the virtual environment

The worker's pretagging_debug=True is the default of its jobs: clients from 1.3.1 on refuse that key, as does this script
then. A second argument is a label, as in worker.labels=gpu: without it any worker takes the job. Clients before 1.4.16 name the data source in
another way, `client.set_local_config("")` once.
"""

import sys

from lightly.api import ApiWorkflowClient
from lightly.openapi_generated.swagger_client import DatasetType, DatasourcePurpose


def main(dataset_name, *labels):
    client = ApiWorkflowClient()  # reads LIGHTLY_TOKEN and LIGHTLY_SERVER_LOCATION
    client.create_dataset(dataset_name, dataset_type=DatasetType.IMAGES)
    # Paths are relative to the worker's input_dir and lightly_dir.
    client.set_local_config(relative_path="", purpose=DatasourcePurpose.INPUT)
    client.set_local_config(relative_path="", purpose=DatasourcePurpose.LIGHTLY)

    scheduled = client.schedule_compute_worker_run(
        worker_config={"pretagging": True},
        selection_config={
            "n_samples": 50,
            "strategies": [{"input": {"type": "EMBEDDINGS"}, "strategy": {"type": "DIVERSITY"}}],
        },
        runs_on=list(labels),
    )
    for info in client.compute_worker_run_info_generator(scheduled_run_id=scheduled):
        print(f"{info.state}: {info.message}")
    if not info.ended_successfully():
        sys.exit(f"the run ended as {info.state}: {info.message}")

    run = client.get_compute_worker_run_from_scheduled_run(scheduled_run_id=scheduled)
    client.download_compute_worker_run_report_json(run=run, output_path="report.json")
    for filename in client.export_filenames_by_tag_name("initial-tag").splitlines():
        print(filename)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
