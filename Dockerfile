# The image of one app, or of `forge`: docker build --build-arg APP=supervisor --build-arg PORT=8002 .
# One file for all of them, since nothing but the two arguments differs; an image holds its own app alone.
#
# The base image is pinned by its digest, which Renovate moves. A copy in another registry: --build-arg NODE_IMAGE=…
ARG NODE_IMAGE=node:24.19.0-bookworm-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df

# All apps are compiled here, once: APP comes later, so that every image shares these layers.
FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY libs libs
COPY apps apps
# Without install scripts: the compiler needs none.
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY tsconfig.json tsconfig.base.json ./
RUN node node_modules/typescript/bin/tsc -b apps/forge

# What one app needs to run, copied from there: its workspace, the libraries it names, and what those depend on. Types,
# maps, sources and the compiler (an optional peer of @nestjs/swagger) are of no use then.
FROM build AS runtime
ARG APP
RUN mkdir /app \
 && npm ls --workspace "apps/$APP" --omit=dev --all --parseable | sed -n 's#^/src/##p' | grep -v -e '^node_modules/typescript$' -e '^node_modules/@types/' \
  | while read -r module; do echo "$module"; realpath --relative-to=. "$module"; done | sort -u \
  | xargs cp -a --parents --target-directory /app \
 && cd /app \
 && rm -rf apps/*/src libs/*/src \
 && find . -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name .tsbuildinfo \) -delete \
 && ln -s "apps/$APP/dist/main.js" main.js

FROM ${NODE_IMAGE}
ARG APP
ARG PORT=8000
# Where volumes are mounted that the app writes: they take owner and mode from here.
ARG VOLUMES=/data
# Package managers have no business where an app runs.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* /opt/yarn* \
 && echo 'svcuser:x:65532:65532::/nonexistent:/usr/sbin/nologin' >>/etc/passwd \
 && echo 'svcuser:x:65532:' >>/etc/group \
 && install -d -o svcuser -g svcuser -m 0700 $VOLUMES
COPY --from=runtime /app /app
COPY infra/healthcheck.mjs /app/
WORKDIR /app
ENV NODE_ENV=production \
    FORGE_DATA_DIR=/data \
    FORGE_HTTP_HOST=0.0.0.0 \
    READY_URL=http://127.0.0.1:${PORT}/ready
LABEL org.opencontainers.image.title="sentinel-forge/${APP}" org.opencontainers.image.licenses="MIT"
USER 65532:65532
VOLUME /data
EXPOSE ${PORT}
STOPSIGNAL SIGTERM
# Patient: a busy machine is no reason to have an app restarted; one that has died is seen at once, without it.
HEALTHCHECK --interval=5s --timeout=10s --start-period=60s --retries=5 CMD ["node", "healthcheck.mjs"]
ENTRYPOINT ["node", "main.js"]
