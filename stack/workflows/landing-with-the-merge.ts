/**
 * LANDING WITH THE MERGE: targets of make that workflows call and other branches bring (issues 11 and 14). To be deleted with
 * its use in files.ts, once they are there.
 */
export const landingWithTheMerge: readonly string[] = ['restore-drill'];
