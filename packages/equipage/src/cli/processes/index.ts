export { findApp } from './find-app.ts'
