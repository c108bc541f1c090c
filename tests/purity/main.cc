// Linked with a whole library: that it links is the test.
int main() { return 0; }
