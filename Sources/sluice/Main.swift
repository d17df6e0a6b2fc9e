import SluiceCommand

@main
enum Main {
  static func main() { Sluice.main() }
}
