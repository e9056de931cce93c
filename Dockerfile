# The service, its migrations, and the receiver of alerts: one image, three commands. Without Docker, stack/images carries
# out these same instructions, so only the few that it knows are used here (its README lists them), and nothing of BuildKit.
#
#   docker build --tag ghcr.io/sightline-example/todo-api:0.1.0 --build-arg REVISION=$(git rev-parse HEAD) .
#
# The base brings Node.js and, for the first stage, npm. Another one: --build-arg NODE_IMAGE=… By tag, since no registry
# could be asked here for its digest: `@sha256:…` behind the tag is what pins it for good.
ARG NODE_IMAGE=docker.io/library/node:26.10.0-bookworm-slim

# On the builder's own architecture: under emulation npm dies. What it installs is for the image's.
FROM --platform=${BUILDPLATFORM:-linux} ${NODE_IMAGE} AS dependencies
ARG TARGETARCH
WORKDIR /srv/sightline
COPY package.json package-lock.json ./
COPY app/package.json app/
COPY packages/contract/package.json packages/contract/
COPY packages/settings/package.json packages/settings/
COPY packages/telemetry/package.json packages/telemetry/
# Only what the service needs: the other workspaces, and the packages that bring Node.js itself, belong to the root. No
# package needs its install script.
RUN npm ci --workspace @sightline/app --omit=dev --ignore-scripts --no-audit --no-fund ${TARGETARCH:+--cpu=$(echo $TARGETARCH | sed s/amd64/x64/)}
# What only debuggers, compilers and readers of a package take is a third of it.
RUN find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.md' \) -delete

FROM ${NODE_IMAGE}
WORKDIR /srv/sightline
COPY --from=dependencies /srv/sightline/node_modules node_modules
# Says that the files are ES modules, and the service which release it is.
COPY package.json ./
COPY app/package.json app/
COPY packages/contract packages/contract
COPY packages/settings packages/settings
COPY packages/telemetry packages/telemetry
COPY monitoring/webhook monitoring/webhook
COPY app/src app/src
# The loopback of a container is nobody else's.
ENV HOST=0.0.0.0 MANAGEMENT_HOST=0.0.0.0
# By number, so that Kubernetes can tell that it is not root.
USER 10001:10001
EXPOSE 3000 9464
# No shell and no curl. For the service; its other commands end, or have probes of their own.
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MANAGEMENT_PORT ?? 9464}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node.js is process 1: it gets SIGTERM itself, and starts no processes that it would have to reap.
ENTRYPOINT ["node"]
CMD ["app/src/main.ts"]
# Last, since it changes with every commit.
ARG REVISION=unknown
LABEL org.opencontainers.image.title=todo-api org.opencontainers.image.licenses=Apache-2.0 org.opencontainers.image.revision=${REVISION}
