import type { JobDetail } from "../../job_detail.ts";

/** What a part of the page gets of its job. */
export interface JobProps {
  readonly job: JobDetail;
  readonly nowMs: number;
}
