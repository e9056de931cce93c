#!/bin/sh
# sh stack/workflows/kind.sh up|deploy: the commands of docs/deploy-kubernetes.md for a cluster of kind. `up` makes it, with its
# kubeconfig in .cache; `deploy` brings the local overlay with the image of this checkout, and waits until it serves.
set -eu
kubeconfig=${KUBECONFIG:-$PWD/.cache/kind.kubeconfig}
image=ghcr.io/sightline-example/todo-api:0.1.0
case ${1:-} in
  up)
    mkdir -p "$(dirname "$kubeconfig")"
    kind create cluster --config kubernetes/overlays/local/kind.yaml --kubeconfig "$kubeconfig" --wait 3m
    ;;
  deploy)
    export KUBECONFIG="$kubeconfig"
    docker build --tag "$image" --build-arg REVISION="$(git rev-parse HEAD)" .
    kind load docker-image --name sightline "$image"
    node_modules/.bin/node stack/kubernetes/secrets.ts | kubectl apply -f -
    kubectl apply -k kubernetes/overlays/local
    kubectl wait --namespace todo-api --for=condition=Complete --timeout=15m job -l app.kubernetes.io/name=todo-api
    kubectl rollout status --namespace todo-api deployment/todo-api --timeout=15m
    kubectl rollout status --namespace todo-api statefulset/prometheus --timeout=10m
    ;;
  *)
    echo 'There is up and deploy.' >&2
    exit 1
    ;;
esac
