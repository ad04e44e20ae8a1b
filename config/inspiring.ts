export const inspiring = {
  quotes: {
    doc: 'What the scheduler says every few seconds; at least one',
    format: Array,
    default: [
      'Well begun is half done. (Aristotle)',
      'It is not that we have a short time to live, but that we waste a lot of it. (Seneca)',
      'Better three hours too soon than a minute too late. (William Shakespeare)',
      'Little strokes fell great oaks. (Benjamin Franklin)',
      'Lost time is never found again. (Benjamin Franklin)',
      'Nothing is so fatiguing as the eternal hanging on of an uncompleted task. (William James)',
      'The years teach much which the days never know. (Ralph Waldo Emerson)',
      'Great things are done by a series of small things brought together. (Vincent van Gogh)',
    ],
  },
}
