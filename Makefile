# The front door. Settings go on the line, as in `make up API_PORT=3100 STACK_DIR=../other-stack`.
NODE := node_modules/.bin/node
CLI := $(NODE) stack/cli.ts
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
# All of them: each target is a command, none a file.
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' Makefile)

help: ## the twelve that people need
	@awk -F ':.*## ' '/^## The rest/ { exit } /^## / { print "\n" substr($$0, 4) } /^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile
	@printf '\nmake help-all has the rest.\n'

help-all: ## every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-20s %s\n", $$1, $$2 }' Makefile | sort

## Run it

up: installed ## start the stack, by Docker where it can (STACK=native|docker; COMPONENTS=api: only that; or core, metrics, logs, traces)
	@$(CLI) up

status: $(NODE) ## what runs, and where
	@$(CLI) status

logs: $(NODE) ## follow the logs (C=api: only that one; FOLLOW=0: print and end)
	@$(CLI) logs

down: $(NODE) ## stop the stack, keep its data
	@$(CLI) down

## Change it

dev: installed ## the stack with the API in this terminal, restarted on each save (COMPONENTS=core: without its monitoring)
	@$(CLI) dev

fmt: installed ## format, and mend what can be mended
	@$(NODE) node_modules/@biomejs/biome/bin/biome check --write

generate: installed ## write the generated files
	@$(NODE) ci/generate.ts

## Prove it

test: installed ## everything that proves this checkout (ONLY=jest: one check; CHANGED=1: what the change since main can affect)
	@$(NODE) ci/run.ts

test-all: installed ## the same with what takes long: every drill, ten minutes of chaos, of quiet, of fuzzing, and mutations (ONLY=drills: one)
	@ALL=1 $(NODE) ci/run.ts

verify: installed ## prove the running stack: API, metrics, every panel's query (QUICK=1: in two minutes; API_URL=…: elsewhere)
	@$(NODE) e2e/verify/cli.ts

drill: installed ## break a stack of its own in every way, and prove each alert (ALERT=DatabaseUnreachable: one; FAULT=0: everything but the fault; TIMES=3; SEED=1: in the same order again)
	@$(NODE) e2e/drills/cli.ts

chaos: installed ## break a stack of its own at random under load, and look for what was lost (MINUTES=10 SEED=1: the same again)
	@$(NODE) e2e/chaos/cli.ts

## Put load on it

load: installed ## a load test by k6 (PROFILE=smoke|load|stress|spike|soak TARGET=http://… REMOTE_WRITE=1)
	@$(NODE) e2e/load/cli.ts

## The rest

clean: $(NODE) ## stop the stack and remove its data, logs and secrets
	@$(CLI) clean

bench: installed ## how fast the service is beside Fastify, node:http and plain Koa (ROUNDS=5 ONLY=sightline,fastify-pg KINDS=get DURABLE=1 CONDITION=tls RECORD=laptop)
	@$(NODE) ci/with-postgresql.ts e2e/load/bench.ts

bench-steps: installed ## where the processor time of a request goes, step by step (ROUNDS=3 KINDS=get STEPS=metrics,log-line)
	@$(NODE) ci/with-postgresql.ts loadtest/bench/steps.ts

bench-log-ins: installed ## how much log-ins slow down everything else, as ratios
	@$(NODE) ci/with-postgresql.ts loadtest/bench/micro/log-ins.ts

bench-telemetry: installed ## what metrics, logs and spans cost, as ratios
	@$(NODE) ci/with-postgresql.ts loadtest/bench/micro/telemetry.ts

bench-scale: installed ## whether requests take longer among 10 million todos, and far down a list (ROWS=1000000 USERS=1000 REQUESTS=200)
	@$(NODE) ci/with-postgresql.ts loadtest/bench/scale.ts

bench-footprint: installed ## memory of the API under load, its start, and the native stack's start and memory (STEPS=memory,start,stack MINUTES=10)
	@$(NODE) ci/with-postgresql.ts e2e/footprint.ts

bench-shipper: installed ## lines a second of the log shipper against a plain _bulk loop, as a ratio
	@$(NODE) logging/bench/shipper.ts

flamegraph: installed ## a CPU profile under load, drawn as .stack/flamegraph.svg (MANAGEMENT_URL=http://127.0.0.1:9464: of what runs there)
	@$(NODE) $(if $(MANAGEMENT_URL),,ci/with-postgresql.ts) e2e/load/flamegraph.ts

screenshots: installed ## pictures of the running stack's pages: the README's, and those beside the report (SINCE=15m)
	@$(NODE) preview/screenshots.ts

fuzz: installed ## random bytes of HTTP at a process of its own, and whether it answers and counts all (REQUESTS=100000 SEED=1: the same again)
	@REQUESTS='$(REQUESTS)' SEED='$(SEED)' $(NODE) ci/with-postgresql.ts app/test/fuzz/run.ts

mutate-dashboards: installed ## whether the query test of the dashboards notices what is broken in them
	@$(NODE) dashboards/mutate.ts

test-kubernetes: installed ## the manifests: each overlay rendered, held to the schemas of Kubernetes and to the rules of kubernetes/policy
	@$(NODE) kubernetes/check.ts
	@$(NODE) node_modules/jest/bin/jest.js kubernetes

overlay-inputs: installed ## write what Terraform made into its overlay of Kubernetes (ENVIRONMENT=staging; OUTPUTS=a file of terraform output -json)
	@$(NODE) terraform/overlay-inputs.ts '$(ENVIRONMENT)' $(if $(OUTPUTS),'$(OUTPUTS)')

test-cluster: installed ## the local overlay on the Kubernetes of KUBECONFIG: rollouts, evictions, alerts (made for tests: what is brought is removed)
	@$(NODE) e2e/cluster/cli.ts

test-image: installed ## the container image, built and run by Docker: read-only, no privileges, SIGTERM under load
	@$(NODE) ci/with-postgresql.ts e2e/docker/test-image.ts

test-compose: installed ## the stack of stack/compose.yaml by Docker, on images made here: up, verify, restart, down, clean
	@$(NODE) e2e/docker/check.ts

lint: installed ## types, style, regular expressions that a stranger could slow down, and whether generated files are fresh
	@ONLY=types,types-k6,types-page,lint,regular-expressions,rooms,generated $(NODE) ci/run.ts

update-images: installed ## the digests that the images of images.env have today, asked of their registries
	@$(NODE) tools/update-images.ts

tools: installed ## build Prometheus, Alertmanager, jsonnet, k6 … by Go (else each at its first use)
	@$(NODE) tools/build.ts

alerts-quiet: installed ## that a healthy service under load fires no alert (MINUTES=10)
	@MINUTES=$(or $(MINUTES),10) $(NODE) e2e/alerts-quiet.ts

logs-outage: installed ## that no log line is lost or doubled while Elasticsearch is away under load (RATE=500 OUTAGE_SECONDS=60)
	@$(NODE) e2e/outage/logs-outage.ts

mutate-alerts: installed ## whether the unit tests of the alerts notice what is broken in them (minutes)
	@$(NODE) alerts/test/mutation/mutate.ts

search: installed ## log lines in Elasticsearch, by a query of Lucene (Q='http.request.id:…' SINCE=15m LIMIT=100; JSON=1: as they are)
	@$(NODE) stack/compose/elasticsearch.ts logging/search/search.ts

log-gaps: installed ## log lines that are missing, by the sequence of each process (FILE=a log file: not in Elasticsearch)
	@$(NODE) stack/compose/elasticsearch.ts logging/search/gaps.ts

replay-dead-letters: installed ## ship the log lines again that Elasticsearch refused (AS_TEXT=1: those it refuses again as messages)
	@ELASTICSEARCH_URL=$(or $(ELASTICSEARCH_URL),http://127.0.0.1:$(or $(ELASTICSEARCH_PORT),9200)) \
	SHIPPER_STATE_DIRECTORY=$(or $(SHIPPER_STATE_DIRECTORY),$(or $(STACK_DIR),.stack)/data/log-shipper) $(NODE) logging/shipper/replay.ts

backup: installed ## back the database up now, as the stack does every half hour (other places by the variables of backup/README.md)
	@$(NODE) stack/native/backups.ts backup

backups: installed ## the backups that are there, and the last restore drill
	@$(NODE) stack/native/backups.ts list

restore: installed ## a backup into an empty database (TARGET=restored BACKUP=newest)
	@$(NODE) stack/native/backups.ts restore

restore-drill: installed ## prove that the newest backup can be restored (BACKUP=another one)
	@$(NODE) stack/native/backups.ts restore-drill

sign-backup: installed ## sign a backup that is known to be ours (BACKUP=its name, or BACKUP=unsigned for all of before they were signed)
	@$(NODE) stack/native/backups.ts sign

kibana-import: installed ## give Kibana the data view, searches and dashboard of the logs (KIBANA_URL=http://127.0.0.1:5601)
	@$(NODE) stack/compose/elasticsearch.ts logging/kibana/import.ts

test-terraform: installed ## Terraform's files: format, tflint (built by Go), checkov, tests; with AWS's provider where it can be had
	@$(NODE) terraform/tflint.ts
	@ONLY=terraform,terraform-aws $(NODE) ci/run.ts

compare-grafonnet: installed ## whether grafonnet itself makes the same dashboards (fetches it from GitHub by jb)
	@cd dashboards && go run github.com/jsonnet-bundler/jsonnet-bundler/cmd/jb@v0.6.0 install
	@$(NODE) dashboards/compare-grafonnet.ts dashboards/vendor

audit: installed ## advisories about npm packages that run with the service
	@npm audit --omit=dev --audit-level=moderate

# What follows is for workflows (ci/workflows/README.md), and runs here as well.
changed-areas: installed ## what the branch touches, for the jobs of a pull request (BASE=main; without it everything)
	@$(NODE) ci/workflows/changed-areas.ts

debian-packages: installed
	@sudo $(NODE) ci/workflows/debian-packages.ts

load-summary: installed ## what the last load test came to, as Markdown (PROFILE=smoke)
	@$(NODE) ci/workflows/load-summary.ts

grafana-check: installed ## that Grafana's data sources answer, and each query of each dashboard (GRAFANA_URL=http://127.0.0.1:3001)
	@$(NODE) e2e/docker/grafana-check.ts

kibana-check: installed ## that Kibana has what was imported, and answers each saved search (KIBANA_URL=http://127.0.0.1:5601)
	@$(NODE) e2e/docker/kibana-check.ts

follow-request: installed ## one request, from its answer to its line in Kibana and its trace in Jaeger (stack of Docker, with traces)
	@$(NODE) e2e/docker/follow-request.ts

page-outside: installed ## that a page leaves the networks of the stack of Docker, to a webhook of this machine
	@$(NODE) e2e/docker/page-outside.ts

logs-filebeat: installed ## that Filebeat and Logstash lose no line while Elasticsearch is away (stack of Docker; RATE=40 OUTAGE_SECONDS=60)
	@$(NODE) e2e/docker/logs-filebeat.ts

kind-up: installed
	@sh ci/workflows/kind.sh up

kind-deploy: installed
	@sh ci/workflows/kind.sh deploy

verify-cluster: installed ## make verify on a pod of the cluster of KUBECONFIG (PROMETHEUS_SERVICE=todo-api/prometheus)
	@$(NODE) ci/workflows/verify-cluster.ts

kubeconfig: installed
	@aws eks update-kubeconfig --name "$$CLUSTER"

deploy: installed ## bring a release to the cluster of KUBECONFIG (ENVIRONMENT=staging RELEASE=0.2.0 DIGEST=sha256:… BACKUP_DIGEST=sha256:…)
	@$(NODE) ci/workflows/deploy.ts deploy

roll-back: installed ## what ran before the last make deploy (ENVIRONMENT=staging)
	@$(NODE) ci/workflows/deploy.ts roll-back

release-check: installed ## whether TAG may be released
	@$(NODE) ci/workflows/release.ts check

changelog: installed ## what TAG brings since the release before, as Markdown (TAG=v0.2.0)
	@$(NODE) ci/workflows/release.ts notes

release-notes: installed
	@mkdir -p .cache && $(NODE) ci/workflows/release.ts notes > .cache/release-notes.md
	@sh ci/workflows/publish.sh "$$TAG" .cache/release-notes.md

sign-image: installed
	@sh ci/workflows/image.sh sign

verify-image: installed
	@sh ci/workflows/image.sh verify

installed:
	@sh stack/install.sh

$(NODE):
	@echo 'Nothing is installed yet, so nothing runs. Start with: make up' >&2; exit 1
