# A worker on the processor. With a server at $LIGHTLY_SERVER_LOCATION:
#   docker build -t pretag .
#   docker run --rm -v $PWD/photos:/input_mount:ro -v $PWD/lightly:/lightly_mount -v $PWD/runs:/home/output_dir \
#     -v $PWD/shared:/home/shared_dir -e LIGHTLY_SERVER_LOCATION=https://pretag.example.com \
#     pretag token=YOUR_TOKEN worker.worker_id=YOUR_WORKER_ID
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
COPY --from=build /pretag/build/release/pretag build/release/pretag
COPY models models
ENTRYPOINT ["/pretag/build/release/pretag", "worker"]
