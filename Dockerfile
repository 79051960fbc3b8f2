# One Dockerfile, one image per service: docker build --build-arg SERVICE=portfolio .
# The image holds that service, the chassis and the contracts, and what the lock says that they need.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
ARG SERVICE
WORKDIR /build
COPY pyproject.toml requirements.lock ./
COPY tools/__init__.py tools/image_lock.py ./tools/
# Wheels only, each by its hash: nothing is compiled, and nothing comes that the tests did not run with.
RUN python -m tools.image_lock "${SERVICE}" > image.lock \
    && python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r image.lock
COPY chassis /app/chassis
COPY gen/python /app/gen/python
COPY services/__init__.py /app/services/
COPY services/${SERVICE} /app/services/${SERVICE}
# Compiled here: the file system is read-only where it runs.
RUN /venv/bin/python -m compileall -q /app /venv
# So is what numba compiles, for a service that has any; numba wants to be able to write where it reads, see below.
RUN mkdir /app/numba && if [ -d /app/services/optimizer ]; then \
      NUMBA_CACHE_DIR=/app/numba PYTHONPATH=/app:/app/gen/python /venv/bin/python -c \
        'from services.optimizer.domain.solvers.warm import compile_all; compile_all()'; fi

FROM python:${PYTHON}-slim
ARG SERVICE
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="qpo-${SERVICE}" org.opencontainers.image.version="${VERSION}"
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
# Nobody: no home, no shell that could be of use, nothing that it may write but /tmp.
USER 65532:65532
# Each service reads its own; in a pod gRPC is 8000 and metrics 9090, whichever it is.
ENV SERVICE=${SERVICE} PATH=/venv/bin:${PATH} PYTHONPATH=/app:/app/gen/python \
    NUMBA_CACHE_DIR=/tmp/numba PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 GRPC_VERBOSITY=ERROR \
    QPO_AUTH_HOST=0.0.0.0 QPO_AUTH_PORT=8000 QPO_AUTH_METRICS_PORT=9090 \
    QPO_PORTFOLIO_HOST=0.0.0.0 QPO_PORTFOLIO_PORT=8000 QPO_PORTFOLIO_METRICS_PORT=9090 \
    QPO_MARKETDATA_HOST=0.0.0.0 QPO_MARKETDATA_PORT=8000 QPO_MARKETDATA_METRICS_PORT=9090 \
    QPO_ML_HOST=0.0.0.0 QPO_ML_PORT=8000 QPO_ML_METRICS_PORT=9090 \
    QPO_OPTIMIZER_HOST=0.0.0.0 QPO_OPTIMIZER_PORT=8000 QPO_OPTIMIZER_METRICS_PORT=9090
EXPOSE 8000 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "chassis.probe"]
# The shell gives way to the service, which so gets the signals itself.
ENTRYPOINT ["/bin/sh", "-c", "cp -r /app/numba /tmp/ && exec python -m services.${SERVICE}"]
