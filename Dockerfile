FROM python:3.12-slim AS build
WORKDIR /build
COPY requirements.txt ./
RUN python -m venv /opt/chorus && /opt/chorus/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md ./
COPY bot bot
COPY connectors connectors
COPY guidelines guidelines
COPY migrations migrations
RUN /opt/chorus/bin/pip install --no-cache-dir --no-deps .

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 chorus && install -d -o chorus -g chorus /data
COPY --from=build /opt/chorus /opt/chorus
ENV PATH=/opt/chorus/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CHORUS_DATA_DIR=/data \
    CHORUS_HTTP_HOST=0.0.0.0 \
    CHORUS_LOG_FORMAT=json
USER chorus
WORKDIR /data
VOLUME /data
EXPOSE 8300
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8300/healthz', timeout=4)"]
ENTRYPOINT ["chorus"]
CMD ["run"]
