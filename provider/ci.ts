/** The address of the CI job that this runs in, if it says so. */
export function ciJob(environment: NodeJS.ProcessEnv): string | undefined {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = environment;
  if (GITHUB_SERVER_URL && GITHUB_REPOSITORY && GITHUB_RUN_ID)
    return `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
  return (
    environment.CI_JOB_URL ??
    environment.BUILDKITE_BUILD_URL ??
    environment.CIRCLE_BUILD_URL ??
    environment.BUILD_URL
  );
}
