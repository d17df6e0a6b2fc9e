import Sockets
import Testing

@Suite("Histories")
struct ConnectionHistoryTests {
  @Test("Each letter is its own, in capitals for the originator")
  func letters() {
    let cases: [(Direction, String)] = [(.in, "shadfrcgtwiqx^"), (.out, "SHADFRCGTWIQX^")]
    for (sender, expected) in cases {
      var history = ConnectionHistory()
      for letter in ConnectionHistory.Letter.allCases { history.append(letter, sender) }
      #expect(history.description == expected)
    }
  }

  @Test("What is beyond its room is left out, and the beginning stays")
  func room() {
    var history = ConnectionHistory()
    history.append(.syn, .out)
    for _ in 1...40 { history.append(.flipped, .in) }
    #expect(history.description == "S" + String(repeating: "^", count: 23))
    #expect(history.letters.count == ConnectionHistory.capacity)
  }

  @Test("An empty one has no letters")
  func empty() { #expect(ConnectionHistory().description == "") }
}
