// A word of the glossary comes first, and lessons come before exercises.
var Scorer = {
  score: ([page, , anchor, , score]) =>
    score + (page === "notebooks/glossary" && anchor ? 100 : 0) - (page.startsWith("exercises/") ? 1 : 0),
  objNameMatch: 11, objPartialMatch: 6, objPrio: {}, objPrioDefault: 0,
  title: 15, partialTitle: 5, term: 5, partialTerm: 2,
};
