import SluiceCommand

@main enum Main {
  static func main() {
    Sluice.main(analyzers: [Lines.self, Find.self, Swap.self, Gate.self, Tally.self])
  }
}
