/** What runs when: jobs with ids, one writer a user, fairness between users, and nothing lost that was acknowledged. */
export type { FollowJobOptions, FollowOptions, JobFilter, JobQueue, LiveJobView, SubmitOptions } from './contract.js';
export {
  hasEnded,
  type Job,
  type JobAccess,
  type JobBody,
  type JobRequest,
  type JobRun,
  type JobState,
  type JobWork,
} from './job.js';
export type { QueueLimits } from './line-up.js';
export { PRIORITIES, type Priority } from './priority.js';
export { Queue, type QueueOptions } from './queue.js';
export { cronProblem, type ScheduleRow } from './schedule.js';
export type { JobStore, StoredJob } from './store.js';
export { type LastRun, Timetable, type TimetableOptions, type UpcomingRun } from './timetable.js';
