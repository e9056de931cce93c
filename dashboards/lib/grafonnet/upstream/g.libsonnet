// Grafonnet itself, where `jb install` has put it (jsonnetfile.json).
import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet'
