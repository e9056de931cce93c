/** @throws Error with a sentence unless it is said which cluster: what kubectl was told last may be somebody else's */
export function expectCluster({ KUBECONFIG: file }: NodeJS.ProcessEnv): void {
  if (!file)
    throw new Error(
      'KUBECONFIG is not set. It says which cluster; make kubeconfig CLUSTER=… writes one for EKS.',
    );
}
