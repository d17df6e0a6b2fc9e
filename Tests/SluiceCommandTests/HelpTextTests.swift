import Testing

@testable import SluiceCommand

@Suite("Help")
struct HelpTextTests {
  @Test("The page names every option of the command, long and short")
  func complete() {
    let options = OptionList(AnalyzeCommand.self).options.filter { !$0.isHidden }
    #expect(options.count >= 14)
    let words = HelpText.analyze.split { " ,\n".contains($0) }
    for name in options.flatMap(\.names) {
      #expect(words.contains { $0 == (name.utf8.count == 1 ? "-" : "--") + name }, "\(name)")
    }
  }

  @Test("The page fits a terminal of 100 columns")
  func width() {
    for line in HelpText.analyze.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
  }
}
