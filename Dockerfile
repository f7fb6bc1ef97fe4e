# A worker. With a server at $LIGHTLY_SERVER_LOCATION:
#   docker build -t pretag .
#   docker run --rm -v $PWD/photos:/input_mount:ro -v $PWD/lightly:/lightly_mount -v $PWD/runs:/home/output_dir \
#     -v $PWD/shared:/home/shared_dir -e LIGHTLY_SERVER_LOCATION=https://pretag.example.com \
#     pretag token=YOUR_TOKEN worker.worker_id=YOUR_WORKER_ID
# It computes on the processor; on an NVIDIA GPU with `docker run --gpus all …` and `device=gpu` (docs/gpu.md).
FROM debian:12 AS build
WORKDIR /pretag
COPY . .
RUN scripts/install-dependencies
RUN cmake --preset release && cmake --build --preset release --target pretag
RUN scripts/runtime-packages build/release/pretag > runtime-packages.txt

FROM debian:12
WORKDIR /pretag
COPY --from=build /pretag/runtime-packages.txt /pretag/
RUN apt-get update -qq \
  && xargs apt-get install -y -qq --no-install-recommends ca-certificates fonts-dejavu-core < runtime-packages.txt \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir -p /input_mount /lightly_mount && mkdir -m 1777 /home/output_dir /home/shared_dir
# Where OpenCL finds NVIDIA's driver, which the NVIDIA Container Toolkit brings in.
RUN mkdir -p /etc/OpenCL/vendors && echo libnvidia-opencl.so.1 > /etc/OpenCL/vendors/nvidia.icd
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=build /pretag/build/release/pretag build/release/pretag
COPY models models
ENTRYPOINT ["/pretag/build/release/pretag", "worker"]
