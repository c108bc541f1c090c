// Its headers are those that tests/CMakeLists.txt has precompiled for all tests.
