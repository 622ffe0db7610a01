"""What maintainers, teachers and learners run: build, check, fetch, lab."""
