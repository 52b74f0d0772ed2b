"""The uncertain answers that a person looks at, page by page. Nothing here draws but `card`."""
