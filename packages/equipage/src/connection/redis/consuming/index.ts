export { cancelsKey, cancelText } from './cancel-watch.ts'
export { RedisConsumer, type RedisConsumerDependencies } from './redis-consumer.ts'
export { cannotRead, shownUnreadable, type UnreadableJob, unreadable } from './unreadable-jobs.ts'
