/** A round of the timetable. */
export interface ScrubDue {
  /** The part of all bytes that it reads, of 1; left out, what makes everything be read once in 30 days. */
  readonly share?: number | undefined;
  readonly bytesPerSecond: number;
}
