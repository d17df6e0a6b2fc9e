import SluiceCommand

@main enum Main {
  static func main() {
    Sluice.main(analyzers: [Lines.self, Find.self, Gate.self, Tally.self])
  }
}
