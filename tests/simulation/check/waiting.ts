/** An attempt that has not ended. */
export interface Waiting {
  owner: string;
  who: string;
  /** It does not look again by itself: somebody has to wake it. */
  sleeps: boolean;
}
