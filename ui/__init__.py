"""What the pages share. Imports point one way: pages -> ui -> mla_core."""
