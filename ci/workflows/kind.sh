#!/bin/sh
# sh ci/workflows/kind.sh up|deploy: the commands of docs/deploy-kubernetes.md for a cluster of kind. `up` makes it, with its
# kubeconfig in .cache; `deploy` brings the local overlay with the images of this checkout, and waits until it serves.
set -eu
kubeconfig=${KUBECONFIG:-$PWD/.cache/kind.kubeconfig}
name=ghcr.io/sightline-example/todo-api
# Both images have the same.
release=$(sed -n 's/^ *newTag: *//p' kubernetes/overlays/local/release/kustomization.yaml | head -n 1)
case ${1:-} in
  up)
    mkdir -p "$(dirname "$kubeconfig")"
    kind create cluster --config kubernetes/overlays/local/kind.yaml --kubeconfig "$kubeconfig" --wait 3m
    export KUBECONFIG="$kubeconfig"
    # kind has no metrics-server, which the autoscaler reads; its kubelets have certificates of their own making.
    kubectl apply -f https://github.com/kubernetes-sigs/metrics-server/releases/download/v0.7.2/components.yaml
    kubectl patch deployment metrics-server --namespace kube-system --type json \
      --patch '[{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--kubelet-insecure-tls"}]'
    kubectl rollout status --namespace kube-system deployment/metrics-server --timeout=5m
    ;;
  deploy)
    export KUBECONFIG="$kubeconfig"
    revision=${REVISION:-$(git rev-parse HEAD)}
    docker build --file Dockerfile --tag "$name:$release" --build-arg REVISION="$revision" .
    docker build --file backup/Dockerfile --tag "$name-backup:$release" --build-arg REVISION="$revision" .
    kind load docker-image --name sightline "$name:$release" "$name-backup:$release"
    # Not straight into a pipe, where a failure would not be seen.
    secrets=$(node_modules/.bin/node stack/kubernetes/secrets.ts)
    printf '%s\n' "$secrets" | kubectl apply -f -
    kubectl apply -k kubernetes/overlays/local
    node_modules/.bin/node ci/workflows/await-jobs.ts 15 job -l app.kubernetes.io/name=todo-api
    kubectl rollout status --namespace todo-api deployment/todo-api --timeout=15m
    kubectl rollout status --namespace todo-api statefulset/prometheus --timeout=10m
    ;;
  *)
    echo 'There is up and deploy.' >&2
    exit 1
    ;;
esac
