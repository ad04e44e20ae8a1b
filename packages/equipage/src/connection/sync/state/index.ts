export {
  type JobRow,
  StateFile,
  type StoredGroup,
  type StoredLedgerRow,
  type StoredScheduleRow,
  type Tables,
} from './state-file.ts'
